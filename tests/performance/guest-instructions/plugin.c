// Counts what a guest executes, for QEMU's TCG: firmware, keel and ring 3 apart, `rep` iterations apart.
//
// Writes a line to the file given by out=FILE each time the guest prints (`rep outsb`) or sleeps (`hlt`), and at the end:
//   outsb|hlt|end FIRMWARE KEEL RING3 ITERATIONS EXITS
// and at the end, to profile=FILE, each instruction of keel and ring 3 that ran: ADDRESS COUNT EXITS.
//
// Exits are what a hypervisor would have to look at: accesses to devices' registers and the interrupt controllers, counted
// where profile=FILE is given, ports, `hlt`, `cpuid`, model-specific registers.
// The functions are QEMU's plugin interface, version 1; no header is needed, and none is packaged.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translated)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*executed)(unsigned, void *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translated);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, executed, int, void *);
typedef void (*accessed)(unsigned, uint32_t, uint64_t, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, accessed, int, int, void *);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t, uint64_t);
_Bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const unsigned char *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
int qemu_plugin_version = 1;

enum { FIRMWARE, KEEL, RING3, PLACES };
enum { PLAIN, EXITS, REPEATED, PRINTS, SLEEPS };
enum { READS_AND_WRITES = 3 };
// What `data` says of an instruction: place * 4 + kind, and its address to tell iterations of one `rep`.
struct one { uint64_t address, count, exits; int place, kind; };
static struct one known[1 << 20];
static size_t known_count;
static uint64_t counts[PLACES], iterations, exits, last;
// Whether a page is a device's, as last seen: its number, shifted, and one bit.
static uint64_t pages[1 << 12];
static FILE *out, *profile;

static void tell(const char *event) {
  fprintf(out, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", event, counts[FIRMWARE], counts[KEEL],
          counts[RING3], iterations, exits);
  fflush(out);
}

static void exit_by(struct one *it) {
  exits++;
  it->exits++;
}

static void touched(unsigned cpu, uint32_t info, uint64_t address, void *data) {
  if (cpu != 0) return;
  uint64_t page = address >> 12, *known = &pages[page % (sizeof pages / sizeof *pages)];
  if (*known >> 1 != page) {
    struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, address);
    *known = page << 1 | (at && qemu_plugin_hwaddr_is_io(at));
  }
  if (*known & 1) exit_by(data);
}

static void ran(unsigned cpu, void *data) {
  struct one *it = data;
  if (cpu != 0) return;
  if ((it->kind == REPEATED || it->kind == PRINTS) && it->address == last) {
    iterations++;
    return;
  }
  last = it->address;
  counts[it->place]++;
  it->count++;
  if (it->kind == EXITS || it->kind >= PRINTS) exit_by(it);
  if (it->kind >= PRINTS) tell(it->kind == PRINTS ? "outsb" : "hlt");
}

static int place_of(uint64_t address) {
  if (address >> 63) return KEEL;
  if (address >= 0x100000 && address < 0x110000) return KEEL; // before it moves up
  return address < (1ull << 32) ? FIRMWARE : RING3;
}

// In and out by port, by number or dx; wrmsr, rdmsr, cpuid.
static int is_exit(const unsigned char *bytes) {
  if (*bytes == 0x66) bytes++;
  if (*bytes == 0x0f) return bytes[1] == 0x30 || bytes[1] == 0x32 || bytes[1] == 0xa2;
  return (*bytes & 0xf4) == 0xe4;
}

static int kind_of(const unsigned char *bytes, size_t size) {
  if (size == 1 && bytes[0] == 0xf4) return SLEEPS;
  if (is_exit(bytes)) return EXITS;
  if (bytes[0] != 0xf3) return PLAIN;
  const unsigned char *opcode = bytes + 1 + ((bytes[1] & 0xf0) == 0x40);
  if (*opcode == 0x6e) return PRINTS;
  return *opcode == 0xa4 || *opcode == 0xa5 || *opcode == 0xaa || *opcode == 0xab ? REPEATED : PLAIN;
}

static void seen(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block) && known_count < sizeof known / sizeof *known; i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
    struct one *it = &known[known_count++];
    it->address = qemu_plugin_insn_vaddr(insn);
    it->place = place_of(it->address);
    it->kind = kind_of(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
    qemu_plugin_register_vcpu_insn_exec_cb(insn, ran, 0, it);
    if (profile) qemu_plugin_register_vcpu_mem_cb(insn, touched, 0, READS_AND_WRITES, it);
  }
}

static void ended(qemu_plugin_id_t id, void *data) {
  for (size_t i = 0; i < known_count; i++)
    if (known[i].place != FIRMWARE && known[i].count)
      fprintf(profile, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", known[i].address, known[i].count, known[i].exits);
  fclose(profile);
  tell("end");
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    if (!strncmp(argv[i], "out=", 4)) out = fopen(argv[i] + 4, "w");
    if (!strncmp(argv[i], "profile=", 8)) profile = fopen(argv[i] + 8, "w");
  }
  if (!out) return 1;
  if (profile) qemu_plugin_register_atexit_cb(id, ended, 0);
  qemu_plugin_register_vcpu_tb_trans_cb(id, seen);
  return 0;
}
