/**
 * Prisma's command line, used to generate the client and nothing else.
 * It insists on a schema engine that `generate` never starts, and would download one: any executable keeps it content.
 * The service applies the migrations by itself (src/postgres/migrations/migrate.ts), never through this command line.
 */
import { defineConfig } from 'prisma/config';

process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
