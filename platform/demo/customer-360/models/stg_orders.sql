SELECT order_id,
       customer_id,
       ordered_on,
       substr(ordered_on, 1, 7) AS month,
       channel,
       status,
       status = 'completed' AS is_revenue,
       status = 'returned' AS is_returned
FROM {{ source('orders') }}
