/**
 * TCP's numbers: every limit on a queue, a wait or a count, by name.
 */
import { MILLISECOND, SECOND } from "../../time/clock";

/** Connections, TIME-WAIT included, unless `tcp.connections` says otherwise. */
export const CONNECTION_LIMIT: u32 = 4096;
export const LISTENER_LIMIT: u32 = 64;
/** Connections of one listener whose handshake is not complete. */
export const BACKLOG_LIMIT: u32 = 512;

/** Bytes that wait to be sent or acknowledged, a connection; and the most where its congestion window is larger. */
export const SEND_LIMIT: u32 = 256 * 1024;
export const NEAR_SEND_LIMIT: u32 = 640 * 1024;
export const FAR_SEND_LIMIT: u32 = 2 * 1024 * 1024;
/** A round trip from which on a peer is far. */
export const FAR_RTT: i64 = 2 * MILLISECOND;
/** The same while less than half of the chunks are free, and less than a quarter: peers that take nothing are no flood. */
export const SCARCE_SEND_LIMIT: u32 = SEND_LIMIT / 4;
export const SCARCEST_SEND_LIMIT: u32 = 4 * 1024;
/** A writer that was told "full" is told again when this much is free. */
export const WRITABLE_SPACE: u32 = 64 * 1024;
/** Bytes received that the owner has not taken: the largest window. Eight frames of 64 KiB keep both ends busy. */
export const RECEIVE_LIMIT: u32 = 512 * 1024;
/** So much is acknowledged while a turn still takes what has come: its sender need not wait for the turn's end. */
export const ACKNOWLEDGED_WITHIN_TURN: u32 = RECEIVE_LIMIT / 4;
/** Our shift count (RFC 7323 2.2): 65535 << 4 holds `RECEIVE_LIMIT`. */
export const RECEIVE_SCALE: u8 = 4;
/** The largest shift count that may be believed (RFC 7323 2.3). */
export const SCALE_LIMIT: u8 = 14;

/** Chunks that byte queues leave for frames: without these nothing could be acknowledged any more. */
export const CHUNK_RESERVE: u32 = 16;
/** Pieces of out-of-order data, a connection: half a window of full segments, more than is in flight where some get lost. */
export const REASSEMBLY_LIMIT: u32 = 192;
/** Out-of-order data is the first to go when chunks become scarce: it can be had again. */
export const REASSEMBLY_RESERVE: u32 = 64;

/** Blocks of a selective acknowledgment: what 40 bytes of options hold (RFC 2018 3). */
export const SACK_BLOCK_LIMIT: u32 = 4;

/** Without an option (RFC 9293 3.7.1). */
export const DEFAULT_SEGMENT_SIZE: u32 = 536;
/** Nothing makes us send smaller ones: an attacker would choose 1. */
export const MINIMUM_SEGMENT_SIZE: u32 = 64;

/** Before a measurement (RFC 6298 2.1). */
export const RTO_INITIAL: i64 = 1 * SECOND;
/** RFC 6298 2.4 says one second "should" be; peers that delay acknowledgments by 40 to 200 ms allow this. */
export const RTO_MINIMUM: i64 = 200 * MILLISECOND;
export const RTO_MAXIMUM: i64 = 60 * SECOND;
/** Retransmissions of data before the peer is given up: at least 100 s (RFC 9293 3.8.3, R2). */
export const RETRANSMISSION_LIMIT: u32 = 10;
export const SYN_RETRANSMISSION_LIMIT: u32 = 6;
/** Of our answer to a SYN: whoever means it asks again, and whoever forged it makes us write to another (RFC 4987 3.2). */
export const ANSWER_RETRANSMISSION_LIMIT: u32 = 3;
/** Duplicate acknowledgments that mean a loss (RFC 5681 3.2). */
export const DUPLICATE_THRESHOLD: u32 = 3;

/** RFC 9293 3.8.6.3 allows 500 ms. */
export const DELAYED_ACK: i64 = 40 * MILLISECOND;
/** How long a writer waits that found no chunk and has nothing in flight. */
export const STARVED_RETRY: i64 = 10 * MILLISECOND;
/** Twice the maximum segment lifetime, taken as 30 s. */
export const TIME_WAIT: i64 = 60 * SECOND;
/** One challenge acknowledgment a connection in this time (RFC 5961 7). */
export const CHALLENGE_INTERVAL: i64 = 100 * MILLISECOND;

/** Between questions to a silent peer, and how many (RFC 1122 4.2.3.6 names no numbers; these are usual). */
export const KEEP_ALIVE_INTERVAL: i64 = 75 * SECOND;
export const KEEP_ALIVE_LIMIT: u32 = 9;

/** In a full table: how long nothing has moved on a connection that makes room for another. */
export const IDLE_BEFORE_EVICTION: i64 = 30 * SECOND;
/** The same where its owner says that nothing is under way: bytes of a head that trickle keep no place. */
export const REST_BEFORE_EVICTION: i64 = 2 * SECOND;
/** Blocks looked at for one that may go, a new connection. */
export const EVICTION_SEARCH: u32 = 16;

/** Ports for outgoing connections (RFC 6335 6). */
export const FIRST_DYNAMIC_PORT: u32 = 49152;
export const DYNAMIC_PORTS: u32 = 16384;
export const PORT_ATTEMPTS: u32 = 64;
