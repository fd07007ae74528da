-- Rights: nobody but those whom grant_reader() and grant_shipper() name --------------------------

REVOKE ALL ON SCHEMA lineage FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA lineage FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lineage FROM PUBLIC;

SELECT lineage._feed_begin();
