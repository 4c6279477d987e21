/**
 * Whether a server answered with a web page where a file was asked for, as the login pages of networks do, and servers of
 * single-page sites for whatever they do not have. Such an answer is never kept and never read as the file.
 */
export function isWebPage(headers: { get(name: string): string | null }, name: string): boolean {
  return /\btext\/html\b/i.test(headers.get('content-type') ?? '') && !/\.html?$/i.test(name.replace(/[?#].*$/, ''))
}
