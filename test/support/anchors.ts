/** Where links into a page of Markdown may lead. */

/** As GitHub makes them of headings. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/** A heading that comes again has a number behind its anchor. */
export function anchorsOf(text: string): readonly string[] {
  const times = new Map<string, number>()
  return [...text.replaceAll(/^ *```.*?^ *```$/gms, '').matchAll(/^#+ (.*)$/gm)].map((match) => {
    const anchor = anchorOf(match[1] as string)
    const before = times.get(anchor) ?? 0
    times.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}
