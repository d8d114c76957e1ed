/** node:os: a machine without users, with one processor for the app. */
export const EOL = "\n";
export const devNull = "/dev/null";
export const arch = () => "x64";
export const endianness = () => "LE";
export const machine = () => "x86_64";
export const hostname = () => "skerry";
export const homedir = () => "/";
export const tmpdir = () => "/tmp";
export const platform = () => "linux";
export const type = () => "Skerry";
export const release = () => "1";
export const version = () => "Skerry";
export const uptime = () => performance.now() / 1000;
export const loadavg = () => [0, 0, 0];
export const cpus = () => [
  { model: "x86-64", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } },
];
export const availableParallelism = () => 1;
export const totalmem = () => 0;
export const freemem = () => 0;
export const networkInterfaces = () => ({});
export const userInfo = () => ({ uid: 0, gid: 0, username: "app", homedir: "/", shell: null });
export const constants = { signals: { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }, errno: {}, priority: {} };

export default {
  EOL,
  arch,
  availableParallelism,
  constants,
  cpus,
  devNull,
  endianness,
  freemem,
  homedir,
  hostname,
  loadavg,
  machine,
  networkInterfaces,
  platform,
  release,
  tmpdir,
  totalmem,
  type,
  uptime,
  userInfo,
  version,
};
