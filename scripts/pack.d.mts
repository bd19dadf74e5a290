export function packedImage(image: Uint8Array, quality?: number): Buffer;
export function packImage(): void;
