/** What became of a head: it is not all there, it stands, or the status code that refuses it. */
export const enum Verdict {
  Incomplete = 0,
  Complete = 1,
  BadRequest = 400,
  RequestTimeout = 408,
  UriTooLong = 414,
  ExpectationFailed = 417,
  FieldsTooLarge = 431,
  /** The app went down over it. */
  InternalError = 500,
  NotImplemented = 501,
  Unavailable = 503,
  VersionNotSupported = 505,
}
