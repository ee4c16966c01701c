// Content negotiation: which form of an answer the Accept header asks for.

import { notAcceptable } from './status.ts';

export interface Form {
  readonly media: 'application/json' | 'application/yaml';
  /** 'Table', 'PartialObjectMetadata', 'APIGroupDiscoveryList' and the like; '' for the object itself. */
  readonly as: string;
  readonly group: string;
  readonly version: string;
}

const PLAIN: Form = { media: 'application/json', as: '', group: '', version: '' };

/** The first form of the header that the server can give. Throws 406 when there is none. */
export function negotiate(accept: string | undefined, transforms: readonly string[]): Form {
  const entries = (accept ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return PLAIN;
  for (const entry of entries) {
    const [media = '', ...rest] = entry.split(';').map((part) => part.trim());
    const params = new Map(rest.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
    const as = params.get('as') ?? '';
    if (as !== '' && !transforms.includes(as)) continue;
    const form = { as, group: params.get('g') ?? '', version: params.get('v') ?? '' };
    if (media === 'application/json' || media === '*/*' || media === 'application/*')
      return { ...form, media: 'application/json' };
    if (media === 'application/yaml') return { ...form, media: 'application/yaml' };
  }
  throw notAcceptable();
}
