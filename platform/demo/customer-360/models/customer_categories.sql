WITH spent AS (
  SELECT customer_id, category, sum(net_cents) AS spent_cents
  FROM {{ ref('stg_order_items') }}
  JOIN {{ ref('stg_orders') }} USING (order_id)
  WHERE is_revenue
  GROUP BY customer_id, category
),
ranked AS (
  SELECT *,
         row_number() OVER (PARTITION BY customer_id ORDER BY spent_cents DESC, category) AS place
  FROM spent
)
SELECT customer_id, category AS favourite_category, spent_cents
FROM ranked
WHERE place = 1
