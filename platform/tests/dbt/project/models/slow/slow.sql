{{ config(materialized='table') }}
select count(*) as pairs from range(30000) a, range(20000) b where a.range + b.range = -1
