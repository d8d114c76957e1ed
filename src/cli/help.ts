/** Help texts. Kept in one place so that they can be compared with one another, and with the guide. */

export const GENERAL_HELP = `skerry: turns a TypeScript program into a unikernel

  skerry run ENTRY       build ENTRY's image and start it
  skerry dev ENTRY       the same, starting again whenever a source file changes
  skerry build ENTRY     write its image to a file
  skerry inspect ENTRY   show what its image holds
  skerry compile MODULE  compile a .wasm module to machine code

ENTRY is a .ts or .js server (export default { fetch }), an AssemblyScript app
(it imports "skerry/native/..."), or a .wasm module that imports Skerry's services.

  skerry COMMAND --help  options and examples
  skerry --version
`;

const MACHINE_OPTIONS = `  -p, --publish [ADDRESS:]HOST:GUEST
                        join a host port to a guest port; may stand several times.
                        Without it 127.0.0.1:8080 leads to the guest's port 80.
                        HOST 0 takes any free port.
  --env NAME=VALUE      the app's environment; may stand several times
  --allow HOST:PORT     let the app reach this address through the gateway; "*" stands
                        for any host or port; may stand several times. Default: nothing.
  --pcap FILE           write every frame on the guest's cable to FILE (for Wireshark)
  --json                one JSON object a line on standard output instead of text
  --memory SIZE         of the virtual machine (default 64M), or what a process's app may take
  --accelerator NAME    of QEMU: kvm, tcg, or auto (default), the first under which a guest runs
  --tap NAME            a TAP device of the host instead of the gateway: the guest finds its
                        address there by DHCP, and -p, --allow and --pcap have no meaning
`;

export const HELP: Readonly<Record<string, string>> = {
  run: `skerry run ENTRY [options]: build ENTRY's image and start it

${MACHINE_OPTIONS}  --target NAME         where to run:
                          auto     the best that works here (default), and why
                          qemu     a virtual machine, under KVM if it runs guests here
                          process  a Linux process, behind a filter of system calls
                          node     hosted in this Node; works everywhere

  skerry run MODULE.wasm [--target process] [--json] --invoke NAME ARG...

Calls one export of a module that imports nothing, as machine code in a Linux process, and prints
each result on a line (i32:5). All words after NAME are its arguments, so they may begin with "-":
integers in decimal or 0x..., floats also as inf, nan, nan:0x... A trap is told with its place on
standard error, and the exit status is 134.

Prints "listening on http://ADDRESS:PORT" once a request would be answered. Ctrl-C stops it.
The exit status is the app's own.

  skerry run server.ts
  skerry run server.ts -p 3000:80 --env MODE=test
  skerry run server.ts --target qemu --memory 32M
  skerry run examples/console/main.ts; echo $?
  skerry run fib.wasm --invoke fib 30
`,
  dev: `skerry dev ENTRY [options]: run ENTRY, and start again whenever a source file changes

${MACHINE_OPTIONS}  --target NAME         node (default), process, qemu, or auto: see skerry run --help

A source file that does not compile leaves the running machine as it is and says what is wrong.

  skerry dev server.ts -p 3000:80
`,
  compile: `skerry compile MODULE.wasm [options]: compile a module to machine code and print its sizes

  -o, --output FILE     write a Linux executable: it initializes the module, calls its "_start"
                        or what --invoke names, and exits with 0, or 134 after a trap
  --invoke NAME ARG...  with -o: what the executable calls; all words after NAME are its arguments
  --listing             print the machine code, with functions, bytes of the module, source lines
  --json                one JSON object on standard output instead of text

  skerry compile fib.wasm --listing
  skerry compile fib.wasm -o fib --invoke fib 30
`,
  build: `skerry build ENTRY -o FILE [options]: write ENTRY's image to a file, and say what went in

  -o, --output FILE     where to
  --target NAME         qemu (default): a virtual machine's kernel, ELF64 with a PVH entry;
                        process: a static Linux executable
  --json                one JSON object on standard output instead of text

  skerry build server.ts -o server.elf
  skerry build server.ts -o server --target process
`,
  inspect: `skerry inspect ENTRY [--json]: show what ENTRY's image holds

Services, compartments, their sizes, and every import each was granted.

  skerry inspect server.ts
`,
};
