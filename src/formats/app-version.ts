/** Version of Stepscope, as in package.json (a test holds both together); written into run files. */
export const APP_VERSION = '0.1.0'
