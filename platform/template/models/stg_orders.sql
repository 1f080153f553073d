SELECT order_id, ordered_on, substr(ordered_on, 1, 7) AS month, product, cents
FROM {{ source('orders') }}
