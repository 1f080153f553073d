WITH visits AS (
  SELECT customer_id, count(*) AS visits, max(visited_on) AS last_visit_on
  FROM {{ ref('web_sessions') }}
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
)
SELECT customer_id,
       full_name,
       email,
       city,
       country,
       age_group,
       acquisition_channel,
       signed_up_on,
       coalesce(orders, 0) AS orders,
       coalesce(completed_orders, 0) AS completed_orders,
       coalesce(returned_orders, 0) AS returned_orders,
       coalesce(revenue_cents, 0) AS revenue_cents,
       first_order_on,
       last_order_on,
       favourite_category,
       coalesce(visits, 0) AS visits,
       last_visit_on,
       CASE
         WHEN coalesce(completed_orders, 0) = 0 THEN 'prospect'
         WHEN revenue_cents >= 200000 THEN 'vip'
         WHEN completed_orders >= 3 THEN 'regular'
         ELSE 'occasional'
       END AS segment
FROM {{ ref('stg_customers') }}
LEFT JOIN {{ ref('customer_orders') }} USING (customer_id)
LEFT JOIN {{ ref('customer_categories') }} USING (customer_id)
LEFT JOIN visits USING (customer_id)
ORDER BY customer_id
