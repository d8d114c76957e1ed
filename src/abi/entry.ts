/**
 * The functions an app compartment exports for the kernel to enter, by number.
 *
 * The kernel calls `enter(entry, a, b)`; the platform finds the export whose name stands in `services.ts`.
 * Valid TypeScript and valid AssemblyScript: both sides of the border read this file.
 */
export const enum AppEntry {
  Start = 0,
  Alarm = 1,
  NetworkUp = 2,
  TcpAccepted = 3,
  TcpConnected = 4,
  TcpReadable = 5,
  TcpWritable = 6,
  TcpFinished = 7,
  TcpClosed = 8,
  UdpReadable = 9,
  DnsAnswered = 10,
  HttpRequest = 11,
  HttpReadable = 12,
  HttpWritable = 13,
  HttpClosed = 14,
  FetchHead = 15,
  FetchReadable = 16,
  FetchWritable = 17,
  FetchFailed = 18,
  WebsocketReadable = 19,
  WebsocketWritable = 20,
  WebsocketClosed = 21,
  WebsocketControl = 22,
}

/** What `enter` and `resume` came to. */
export const enum EnterStatus {
  Returned = 0,
  /** The compartment trapped; the platform has reported it. Only `restart` makes it enterable again. */
  Trapped = 1,
  /** The app does not export this entry. */
  Absent = 2,
  /** The compartment ran longer than the time limit; as `Trapped`. */
  TimedOut = 3,
  /** A service called `suspend`: the compartment waits on its own stack for `resume`. */
  Suspended = 4,
}

/** The app's compartment, the only one an image of one app has. */
export const APP_COMPARTMENT = 0;
