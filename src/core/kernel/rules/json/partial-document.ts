/** Changes of a document inside of a resource: one that is merged into it, and one that takes its place. */

/** As in RFC 7396: a key that is absent stays, one that is null is removed. */
export function merged<Document extends object>(
  known: Document,
  change: { readonly [Key in keyof Document]?: Document[Key] | null },
): Partial<Document> {
  const entries = Object.entries({ ...known, ...change }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Partial<Document>;
}

/** A warning that names the keys that a new document no longer has; none when it has them all. */
export function droppedWarnings(field: string, known: object, given: object | undefined): readonly string[] {
  const dropped = given === undefined ? [] : Object.keys(known).filter((key) => !Object.hasOwn(given, key));
  return dropped.length === 0
    ? []
    : [`${field} was replaced as a whole: ${dropped.join(', ')} ${dropped.length === 1 ? 'is' : 'are'} no longer set.`];
}
