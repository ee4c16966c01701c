-- No slot is accounted for before it has come. Rows that a wrong clock wrote stay as they are.
ALTER TABLE "fire" ADD CONSTRAINT "fire_slot_has_come" CHECK (coalesce("last_scheduled_for", "scheduled_for") <= "fired_at") NOT VALID;
