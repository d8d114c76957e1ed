/**
 * Subtests that are reported apart from passed and failed, each with the reason. One that passes counts as passed all
 * the same.
 */
export interface Exclusion {
  /** The beginning of a file's path. */
  readonly file: string;
  /** Which of its subtests; all of them where it is missing. */
  readonly subtest?: RegExp;
  readonly reason: string;
}

const WEB_ASSEMBLY = "makes shared memory by WebAssembly, which needs code generation in the guest";
const SERVER = "needs the Python server of the tests";
const CACHE = "there is no HTTP cache: fetch asks the network each time";
const ANY_HEADER = "a server may set any header; a browser keeps these names for itself";
const OWNING = "the proposal of owning streams, which is in no standard";
const RSA = "RSA with private keys: there is no audited package for it in JavaScript";
const XHR = "reads by XMLHttpRequest, which browsers have";
const FILE_READER = "reads by FileReader, which browsers have";
const OBSERVER = "there is no PerformanceObserver";
const GLOBAL_OBJECT = "the global object is of no class of its own";
const OLD_PATTERNS = "the package for URLPattern follows an edition before these corner cases";

const EXCLUSIONS: readonly Exclusion[] = [
  { file: "encoding/encodeInto", subtest: /SharedArrayBuffer/, reason: WEB_ASSEMBLY },
  { file: "encoding/textdecoder-", subtest: /SharedArrayBuffer/, reason: WEB_ASSEMBLY },
  {
    file: "encoding/streams/decode-utf8",
    subtest: /SharedArrayBuffer|the file itself/,
    reason: WEB_ASSEMBLY,
  },
  { file: "compression/", subtest: /SharedArrayBuffer|shared Uint8Array/, reason: WEB_ASSEMBLY },
  { file: "streams/readable-byte-streams/non-transferable-buffers", reason: WEB_ASSEMBLY },
  { file: "html/webappapis/structured-clone/", subtest: /^Growable SharedArray/, reason: WEB_ASSEMBLY },
  { file: "encoding/replacement-encodings", reason: XHR },
  { file: "encoding/unsupported-encodings", reason: XHR },
  { file: "fetch/api/request/request-cache-", reason: CACHE },
  { file: "fetch/api/headers/header-values", subtest: /^fetch\(\)/, reason: SERVER },
  { file: "fetch/api/headers/header-setcookie", subtest: /forbidden response header/, reason: SERVER },
  { file: "fetch/api/response/response-clone", subtest: /^(?:Cloned|Cancelling)/, reason: SERVER },
  { file: "fetch/api/response/response-headers-guard", reason: SERVER },
  { file: "fetch/api/response/json", reason: SERVER },
  { file: "FileAPI/file/send-file", reason: SERVER },
  { file: "FileAPI/blob/Blob-", reason: FILE_READER },
  { file: "hr-time/idlharness", subtest: /^WorkerGlobalScope/, reason: GLOBAL_OBJECT },
  { file: "fetch/api/request/request-headers", subtest: /KO"|filtering headers/, reason: ANY_HEADER },
  { file: "streams/readable-streams/owning-type", reason: OWNING },
  { file: "WebCryptoAPI/", subtest: /RSA|PKCS1/i, reason: RSA },
  { file: "WebCryptoAPI/import_export/rsa_", reason: RSA },
  { file: "WebCryptoAPI/encrypt_decrypt/rsa_", reason: RSA },
  { file: "WebCryptoAPI/sign_verify/rsa_", reason: RSA },
  { file: "WebCryptoAPI/generateKey/failures_RSA", reason: RSA },
  { file: "WebCryptoAPI/generateKey/successes_RSA", reason: RSA },
  { file: "user-timing/buffered-flag", reason: OBSERVER },
  { file: "user-timing/case-sensitivity", reason: OBSERVER },
  { file: "user-timing/mark-l3", reason: OBSERVER },
  { file: "user-timing/measure-with-dict", reason: OBSERVER },
  { file: "user-timing/supported-usertiming-types", reason: OBSERVER },
  { file: "urlpattern/urlpattern.", reason: OLD_PATTERNS },
];

export function exclusionOf(file: string, subtest: string): Exclusion | undefined {
  return EXCLUSIONS.find((one) => file.startsWith(one.file) && (one.subtest?.test(subtest) ?? true));
}
