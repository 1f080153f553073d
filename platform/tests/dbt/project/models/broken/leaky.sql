{{ config(materialized='table') }}
select cast('api_key=sk_live_12345 jane@example.com' as integer) as number from {{ ref('stg_orders') }}
