namespace Bookbag.Outbound.Contacts;

internal static class ContactMergeSql
{
    // Of this connection, empty at every commit: a batch is staged, merged and forgotten in one transaction.
    public const string Stage = """
        CREATE TEMP TABLE IF NOT EXISTS contact_rows (
            row bigint NOT NULL, id uuid NOT NULL, external_id text COLLATE "C", phone text COLLATE "C", user_id text COLLATE "C",
            name text, email text, language text, tags text[] NOT NULL, attributes jsonb NOT NULL, opted_in boolean
        ) ON COMMIT DELETE ROWS
        """;

    public const string Copy = """
        COPY contact_rows (row, id, external_id, phone, user_id, name, email, language, tags, attributes, opted_in) FROM STDIN (FORMAT binary)
        """;

    // Compiling the merge takes longer than a batch gains by it.
    public const string WithoutJit = "SET LOCAL jit = off";

    // The columns by which people are looked for.
    public const string AnalyzeContacts = "ANALYZE outbound.contacts (workspace_id, agent_id, id, phone, external_id, user_id)";

    // One writer of an agent's contacts at a time: two that touch the same people would refuse or deadlock each other. So nobody is beaten to a phone number, and no row of a
    // million needs to ask a second time whether it is taken.
    public const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended(@agent::text, 0))";

    // Turns what is staged into contacts: updates who is known by phone number, external id or user id (@external_first says by which
    // first), inserts who is not. Returns every row that is done: 1 created, 2 updated, 3 updated again by the same import, 4 refused
    // because its keys belong to different contacts; with the contact's id, and the contact in the way. A row that shares its contact with an
    // earlier one is not returned: it is merged by running this again. New contacts have ids in the order of their rows: the key's index grows at its end.
    // The unique indexes of contacts serve the three look-ups. LIMIT 1 keeps them look-ups: joined freely, the planner reads all contacts for each batch once
    // there are many, and a file costs the square of its length.
    public const string Merge = """
        WITH found AS MATERIALIZED (
            SELECT r.*,
                   CASE WHEN @external_first THEN coalesce(e.id, p.id, u.id) ELSE coalesce(p.id, e.id, u.id) END AS target,
                   p.id AS by_phone, e.id AS by_external_id, u.id AS by_user_id,
                   CASE WHEN @external_first AND e.id IS NULL THEN r.external_id <> coalesce(p.external_id, u.external_id) ELSE false END AS is_another,
                   coalesce(p.import_id, e.import_id, u.import_id) = @import AS again
            FROM contact_rows r
            LEFT JOIN LATERAL (SELECT c.id, c.external_id, c.import_id FROM outbound.contacts c
                               WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND r.phone IS NOT NULL AND c.phone = r.phone LIMIT 1) p ON true
            LEFT JOIN LATERAL (SELECT c.id, c.import_id FROM outbound.contacts c
                               WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND r.external_id IS NOT NULL AND c.external_id = r.external_id LIMIT 1) e ON true
            LEFT JOIN LATERAL (SELECT c.id, c.external_id, c.import_id FROM outbound.contacts c
                               WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND r.user_id IS NOT NULL AND c.user_id = r.user_id LIMIT 1) u ON true
        ), refused AS MATERIALIZED (
            SELECT row FROM found WHERE target IS NOT NULL AND (by_phone <> target OR by_external_id <> target OR by_user_id <> target OR is_another)
        ), known AS MATERIALIZED (
            SELECT DISTINCT ON (target) row AS first FROM found WHERE target IS NOT NULL AND row NOT IN (SELECT row FROM refused) ORDER BY target, row
        ), updated AS (
            UPDATE outbound.contacts c
            SET external_id = coalesce(r.external_id, c.external_id), phone = coalesce(r.phone, c.phone), user_id = coalesce(r.user_id, c.user_id),
                name = coalesce(r.name, c.name), email = coalesce(r.email, c.email), language = coalesce(r.language, c.language),
                tags = CASE WHEN r.tags <@ c.tags THEN c.tags ELSE ARRAY(SELECT DISTINCT unnest(c.tags || r.tags) AS tag ORDER BY tag) END,
                attributes = CASE WHEN r.attributes = '{}' THEN c.attributes ELSE jsonb_strip_nulls(c.attributes || r.attributes) END,
                opted_in_at = CASE WHEN r.opted_in THEN coalesce(c.opted_in_at, @now) ELSE c.opted_in_at END,
                opt_in_source = CASE WHEN r.opted_in THEN coalesce(c.opt_in_source, @source) ELSE c.opt_in_source END,
                import_id = coalesce(@import, c.import_id), updated_at = @now
            FROM found r JOIN known ON known.first = r.row
            WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND c.id = r.target
            RETURNING r.row
        ), inserted AS (
            INSERT INTO outbound.contacts
                (workspace_id, agent_id, id, external_id, phone, user_id, name, email, language, tags, attributes, opted_in_at, opt_in_source, import_id, created_at, updated_at)
            SELECT @workspace, @agent, r.id, r.external_id, r.phone, r.user_id, r.name, r.email, r.language, r.tags, jsonb_strip_nulls(r.attributes),
                   CASE WHEN r.opted_in THEN @now END, CASE WHEN r.opted_in THEN @source END, @import, @now, @now
            FROM found r
            WHERE r.target IS NULL
            RETURNING id
        )
        SELECT j.row, 1, i.id, NULL::uuid FROM inserted i JOIN found j ON j.id = i.id
        UNION ALL SELECT j.row, CASE WHEN j.again THEN 3 ELSE 2 END, j.target, NULL FROM updated u JOIN found j ON j.row = u.row
        UNION ALL SELECT j.row, 4, j.target, CASE WHEN j.by_phone <> j.target OR j.is_another THEN j.by_phone WHEN j.by_external_id <> j.target THEN j.by_external_id ELSE j.by_user_id END
        FROM refused JOIN found j ON j.row = refused.row
        """;

    public const string Done = "DELETE FROM contact_rows WHERE row = ANY (@done)";

    // Who said no to marketing in what was merged goes to the business's own list, under every address that was given. Before the rows are deleted.
    public const string OptOut = """
        INSERT INTO outbound.suppressions (workspace_id, address, list, agent_id, at, source, reason, actor)
        SELECT DISTINCT @workspace, a.address, 'own', @agent, @now, @source, NULL::text, @actor
        FROM contact_rows r CROSS JOIN LATERAL (VALUES ('p:' || r.phone), ('u:' || r.user_id)) a (address)
        WHERE NOT r.opted_in AND a.address IS NOT NULL
        ON CONFLICT (workspace_id, address, list) DO UPDATE
        SET at = excluded.at, source = excluded.source, actor = excluded.actor, agent_id = excluded.agent_id
        WHERE NOT suppressions.active
        """;
}
