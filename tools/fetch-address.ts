/** Addresses of 16 bytes as text: `192.0.2.1` for an IPv4-mapped one, else 32 hexadecimal digits. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(".")) return Uint8Array.from(Buffer.from(text, "hex"));
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...text.split(".").map(Number));
}

export function addressText(bytes: Uint8Array): string {
  const isFour = bytes[10] === 255 && bytes[11] === 255;
  return isFour ? bytes.subarray(12).join(".") : Buffer.from(bytes).toString("hex");
}
