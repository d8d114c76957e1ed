/** The areas that are reported: which folders of the Web Platform Tests each one is. */
export interface Area {
  readonly name: string;
  readonly folders: readonly string[];
}

export const AREAS: readonly Area[] = [
  { name: "url", folders: ["url"] },
  { name: "urlpattern", folders: ["urlpattern"] },
  { name: "encoding", folders: ["encoding"] },
  {
    name: "fetch/api",
    folders: ["fetch/api/headers", "fetch/api/request", "fetch/api/response", "fetch/api/body"],
  },
  { name: "streams", folders: ["streams"] },
  { name: "compression", folders: ["compression"] },
  { name: "WebCryptoAPI", folders: ["WebCryptoAPI"] },
  { name: "dom/events", folders: ["dom/events"] },
  { name: "dom/abort", folders: ["dom/abort"] },
  { name: "timers", folders: ["html/webappapis/timers"] },
  { name: "structured-clone", folders: ["html/webappapis/structured-clone"] },
  { name: "microtasks", folders: ["html/webappapis/microtask-queuing"] },
  { name: "base64", folders: ["html/webappapis/atob"] },
  { name: "hr-time", folders: ["hr-time"] },
  { name: "user-timing", folders: ["user-timing"] },
  { name: "FileAPI", folders: ["FileAPI/blob", "FileAPI/file"] },
  { name: "formdata", folders: ["xhr/formdata"] },
];

export function areaOf(file: string): string | undefined {
  return AREAS.find(({ folders }) => folders.some((folder) => file.startsWith(`${folder}/`)))?.name;
}
