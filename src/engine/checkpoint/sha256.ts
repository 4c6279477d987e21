import { createSHA256 } from 'hash-wasm'

/**
 * SHA-256 (FIPS 180-4) over bytes that arrive in pieces. The platform's `crypto.subtle` wants all bytes at once and is
 * missing on pages served without TLS.
 */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** The digest as 64 hex digits. Nothing may be added afterwards but after `reset`. */
  hex(): string
  reset(): void
}

export async function createSha256(): Promise<Sha256> {
  const hasher = await createSHA256()
  return {
    update: (bytes) => void hasher.update(bytes),
    hex: () => hasher.digest('hex'),
    reset: () => void hasher.init(),
  }
}

/** The digest of bytes that are all there, as 64 hex digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await createSha256()
  hash.update(bytes)
  return hash.hex()
}
