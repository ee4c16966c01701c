/** One page of a list, and the query for it. */

/** At most `limit` rows after `cursor`, in the list's order or its reverse, of those whose fields are as in `where`; null is absence. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly descending?: boolean;
  readonly where?: Readonly<Record<string, string | boolean | null | undefined>>;
}

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly nextCursor?: string | undefined;
}
