-- Whole cents, rounded down, as on the invoice.
SELECT order_item_id,
       order_id,
       product,
       category,
       quantity,
       quantity * unit_price_cents * (100 - discount_percent) / 100 AS net_cents
FROM {{ source('order_items') }}
