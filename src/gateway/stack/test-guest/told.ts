/** What the guest tells the test: imported as `told.told`. `event` counts in the order of `EVENTS` in `test-guest.ts`. */
export declare function told(event: u32, user: u32, a: u32, b: u32): void;
