/** One page of a list, and the query for it. The order and the filters are named by fields of the rows. */

/** What is asked of a list: at most `limit` rows after `cursor`, by `orderBy`, narrowed by `where`. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly descending?: boolean;
  readonly where?: Readonly<Record<string, string | boolean | undefined>>;
}

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly nextCursor?: string | undefined;
}
