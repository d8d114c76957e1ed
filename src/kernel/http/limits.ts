/**
 * Every limit of the HTTP server, by name.
 */
import { SECOND } from "../time/clock";

/** Request line and fields together; more is 431. Offsets into a head fit 16 bits. */
export const HEAD_LIMIT: u32 = 16384;
export const FIELD_LIMIT: u32 = 100;
/** A longer head is parsed each time. */
export const KEPT_HEAD_LIMIT: u32 = 512;
/** A longer request target is 414. */
export const TARGET_LIMIT: u32 = 8192;
/** A longer method token is 501 (RFC 9112 section 3). */
export const METHOD_LIMIT: u32 = 32;
/** Bytes of empty lines taken before a request line (RFC 9112 section 2.2). */
export const LEADING_LINES_LIMIT: u32 = 4;

/** Connections at once, and the bits of a request id that say which one. */
export const CONNECTION_BITS: u32 = 12;
export const CONNECTION_LIMIT: u32 = 1 << CONNECTION_BITS;
/** Connections that may hold a head longer than one chunk at the same time. */
export const LONG_HEAD_LIMIT: u32 = 128;

/** Chunk lines without their sizes, and trailers: what a body may carry that is not content. */
export const BODY_OVERHEAD_LIMIT: u32 = 16384;
/** How much of an unread request body is taken so that its connection can go on. */
export const DRAIN_LIMIT: u64 = 262144;

/** Response fields in one call. */
export const RESPONSE_FIELDS_LIMIT: u32 = 16384;
/** What a response given at once may leave waiting when the stream has no room; more is `Full`. */
export const UNSENT_LIMIT: u32 = 65536;
/** The smallest chunk that is cut because the stream has little room. */
export const SMALLEST_CHUNK: u32 = 512;

/** From a request's first byte to the end of its head. */
export const HEAD_TIME: i64 = 10 * SECOND;
/** Between a response and the next request's first byte. */
export const IDLE_TIME: i64 = 75 * SECOND;
/** For a request's body and a response that is ready, all pauses of the peer together: see `patience.ts`. */
export const PATIENCE: i64 = 30 * SECOND;
/** Bytes a second that a peer must give or take for its pauses to be forgotten. */
export const PEER_RATE: i64 = 240;
/**
 * From a peer's last byte to the app's answer. One that closed looks the same as one that only finished speaking;
 * without a limit, requests that nobody waits for would hold their connections for ever.
 */
export const FINISHED_TIME: i64 = 30 * SECOND;
/** Without room for what an upgraded connection has to say, or for the end of a response. */
export const WRITE_TIME: i64 = 30 * SECOND;
/** From our last byte's leaving to the peer's last (RFC 9112 section 9.6). */
export const LINGER_TIME: i64 = 5 * SECOND;
/** Bytes a second that a peer must take of what is queued when we finish. */
export const LINGER_RATE: i64 = 8192;
