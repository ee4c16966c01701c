/** Types for the parts of an OpenAPI 3.0 document that this folder reads or changes. */
export type Json = Record<string, unknown>;

export interface Ref {
  readonly $ref: string;
}

export interface Media {
  readonly schema?: Ref | Json;
  readonly examples?: Record<string, Example>;
}

export interface Example {
  readonly summary: string;
  readonly value: unknown;
}

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Ref>>;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Parameter extends Json {
  readonly name: string;
  readonly in: string;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer | Ref>>;
  readonly security?: readonly Json[];
  readonly 'x-required-scope': string;
  readonly 'x-refusals'?: readonly number[];
}

export interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly headers: Readonly<Record<string, Json>>;
    readonly securitySchemes: Json;
  };
}
