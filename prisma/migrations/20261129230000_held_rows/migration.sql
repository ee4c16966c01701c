-- Rows that a piece of work passes over for a while, because it cannot be done for them. A row may be of any table, and
-- may be one that cannot be read, so nothing here refers to it.
CREATE TABLE "held_row" (
  "work" TEXT NOT NULL,
  "resource_type" TEXT NOT NULL,
  "resource_id" UUID NOT NULL,
  "name" TEXT NOT NULL DEFAULT '',
  "organization_id" UUID,
  "reason" TEXT NOT NULL,
  "message" TEXT NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "attempts" INTEGER NOT NULL,
  "look_again_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "held_row_pkey" PRIMARY KEY ("work", "resource_id", "name")
);
CREATE INDEX "held_row_resource_id_idx" ON "held_row"("resource_id");
