{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ordered_on',
          begin='2026-01-01', batch_size='month') }}
select order_id, ordered_on from {{ ref('stg_orders') }}
