/** Why a WebSocket ends (RFC 6455 section 7.4). */
export const enum CloseCode {
  Normal = 1000,
  GoingAway = 1001,
  ProtocolError = 1002,
  /** Never sent: the peer's close frame had none. */
  None = 1005,
  /** Never sent: the stream ended without a close frame. */
  Abnormal = 1006,
  /** Text that is not UTF-8. */
  InvalidData = 1007,
  TooBig = 1009,
  ServiceRestart = 1012,
}

/** Whether a peer may say this code (RFC 6455 sections 7.4.1 and 7.4.2, and the registry). */
export function maySay(code: u32): bool {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != CloseCode.None && code != CloseCode.Abnormal;
}
