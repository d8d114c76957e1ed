/**
 * Every limit of the HTTP client, by name.
 */
import { MILLISECOND, SECOND } from "../../time/clock";

/** Requests that the app has under way, and the bits of an id that say which one. */
export const EXCHANGE_BITS: u32 = 8;
export const EXCHANGE_LIMIT: u32 = 1 << EXCHANGE_BITS;
/** Streams at once, idle ones too; requests beyond wait. */
export const CONNECTION_LIMIT: u32 = 128;
/** Streams to one host and port. */
export const HOST_CONNECTION_LIMIT: u32 = 32;

/** The app's request line and fields together, and a response's. */
export const HEAD_LIMIT: u32 = 16384;
export const FIELD_LIMIT: u32 = 100;
/** RFC 1035 section 3.1: no name is longer. */
export const HOST_LIMIT: u32 = 253;
/** Responses of 1xx before the final one. */
export const INTERIM_LIMIT: u32 = 8;
/** Addresses of a name that are tried. */
export const ADDRESS_LIMIT: u32 = 8;

/** To a network: the machine may have no address yet. */
export const NETWORK_TIME: i64 = 15 * SECOND;
/** To a connection, over all addresses. */
export const CONNECT_TIME: i64 = 10 * SECOND;
/** Before the next address is tried beside the last one (RFC 8305 section 5). */
export const ATTEMPT_DELAY: i64 = 250 * MILLISECOND;
/** From the request's last byte, or its last interim response, to the final response's head. */
export const HEAD_TIME: i64 = 300 * SECOND;
/** Without a byte of a body that somebody waits for, or that nobody reads. */
export const BODY_TIME: i64 = 300 * SECOND;
/** Without room for the request. */
export const WRITE_TIME: i64 = 60 * SECOND;
/** Between two requests on a stream. */
export const IDLE_TIME: i64 = 15 * SECOND;
/** From our end of a stream to the peer's. */
export const CLOSE_TIME: i64 = 5 * SECOND;
