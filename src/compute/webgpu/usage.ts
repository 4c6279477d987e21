// GPUBufferUsage, GPUMapMode and GPUShaderStage as numbers: Node has these names only after Dawn's module put them into the globals.

export const MAP_READ = 0x0001
export const COPY_SRC = 0x0004
export const COPY_DST = 0x0008
export const STORAGE = 0x0080

export const MAP_MODE_READ = 0x0001

export const COMPUTE_STAGE = 0x0004
