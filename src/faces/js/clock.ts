/** The clock service's calls, as `src/abi/services.ts` describes them. Imported as `clock.<name>`. */
export declare function monotonic(): i64;
export declare function realtime(): i64;
export declare function alarm(deadline: i64): void;
