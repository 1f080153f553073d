SELECT event_id,
       session_id,
       customer_id,
       event_type,
       CASE event_type
         WHEN 'page_view' THEN 1
         WHEN 'product_view' THEN 2
         WHEN 'add_to_cart' THEN 3
         WHEN 'checkout' THEN 4
         WHEN 'purchase' THEN 5
       END AS funnel_step,
       device,
       occurred_on
FROM {{ source('events') }}
