SELECT order_id FROM "postgresql://floe:CANARY@warehouse.internal/orders", {{ ref('stg_orders') }}
