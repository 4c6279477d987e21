const PROPERTIES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const

/** What only a page can do with it. */
const ONLY_ON_PAGE = ['class', 'role', 'tabindex', 'aria-pressed', 'aria-disabled', 'aria-hidden'] as const

const TITLE_HEIGHT = 20

/** A drawn SVG as a file of its own: with the colours it has on the page, a title and its background; without a cursor. */
export function svgFile(drawn: SVGSVGElement, title: string): string {
  const copy = drawn.cloneNode(true) as SVGSVGElement
  const from = [drawn, ...drawn.querySelectorAll<SVGElement>('*')]
  const to = [copy, ...copy.querySelectorAll<SVGElement>('*')]
  for (const [index, element] of from.entries()) {
    const computed = getComputedStyle(element)
    for (const property of PROPERTIES) to[index]?.setAttribute(property, computed.getPropertyValue(property))
    for (const name of ONLY_ON_PAGE) to[index]?.removeAttribute(name)
  }
  for (const [index, element] of from.entries()) {
    if (['viz-cursor', 'viz-hit'].some((name) => element.classList.contains(name))) to[index]?.remove()
  }
  const { width, height } = drawn.viewBox.baseVal
  const style = getComputedStyle(drawn)
  const background = backgroundOf(drawn)
  const label = document.createElementNS(drawn.namespaceURI, 'text')
  label.textContent = title
  const attributes = { x: '8', y: '14', fill: style.color, 'font-family': style.fontFamily, 'font-size': '12' }
  for (const [name, value] of Object.entries(attributes)) label.setAttribute(name, value)
  const ground = document.createElementNS(drawn.namespaceURI, 'rect')
  const place = { x: '0', y: '0', width: String(width), height: String(height + TITLE_HEIGHT), fill: background }
  for (const [name, value] of Object.entries(place)) ground.setAttribute(name, value)
  const body = document.createElementNS(drawn.namespaceURI, 'g')
  body.setAttribute('transform', `translate(0 ${TITLE_HEIGHT})`)
  body.append(...copy.childNodes)
  copy.append(ground, label, body)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('viewBox', `0 0 ${width} ${height + TITLE_HEIGHT}`)
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height + TITLE_HEIGHT))
  return new XMLSerializer().serializeToString(copy)
}

/** An SVG file as a picture of twice its size; null where the browser cannot draw it. */
export async function pngOf(svg: string): Promise<Blob | null> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.naturalWidth * 2
    canvas.height = image.naturalHeight * 2
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** The first ground behind an element that is not see-through. */
function backgroundOf(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at)
    if (backgroundColor !== 'rgba(0, 0, 0, 0)' && backgroundColor !== 'transparent') return backgroundColor
  }
  return '#ffffff'
}
