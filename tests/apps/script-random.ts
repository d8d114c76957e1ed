// Prints 64 random bytes in hexadecimal; what is thrown where there are none is the machine's to tell.
const bytes = crypto.getRandomValues(new Uint8Array(64));
console.log(Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
