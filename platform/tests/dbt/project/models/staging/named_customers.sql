{{ config(materialized='ephemeral') }}
select * from {{ ref('stg_customers') }} where customer_name is not null
