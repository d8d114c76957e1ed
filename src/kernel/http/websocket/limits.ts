/**
 * Every limit of WebSockets, by name.
 */
import { SECOND } from "../../time/clock";

/** Sockets at once, and the bits of an id that say which one. */
export const SOCKET_BITS: u32 = 12;
export const SOCKET_LIMIT: u32 = 1 << SOCKET_BITS;
/** The largest message that a peer may send, where the app sets no other limit; larger ones are 1009. */
export const MESSAGE_LIMIT: u32 = 1 << 20;
/** Bytes that the app gives in one frame. */
export const FRAME_LIMIT: u32 = 65536;
/** RFC 6455 section 5.5. */
export const CONTROL_LIMIT: u32 = 125;
/** Frames without content in one message, pings and pongs aside: more do nothing but keep us busy. */
export const EMPTY_FRAME_LIMIT: u32 = 1024;

/** Silence after which the peer is asked whether it is there, and how long it may take to say anything. */
export const PING_TIME: i64 = 60 * SECOND;
export const PONG_TIME: i64 = 30 * SECOND;
/** From our close frame to the peer's. */
export const CLOSE_TIME: i64 = 10 * SECOND;
