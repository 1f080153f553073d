WITH items AS (
  SELECT order_id,
         count(*) AS lines,
         sum(quantity) AS units,
         sum(net_cents) AS value_cents
  FROM {{ ref('stg_order_items') }}
  GROUP BY order_id
),
payments AS (
  SELECT order_id,
         max(attempt) AS attempts,
         sum(CASE WHEN is_paid THEN amount_cents ELSE 0 END) AS paid_cents,
         sum(CASE WHEN is_refunded THEN amount_cents ELSE 0 END) AS refunded_cents
  FROM {{ ref('stg_payments') }}
  GROUP BY order_id
)
SELECT order_id,
       customer_id,
       ordered_on,
       month,
       channel,
       status,
       is_revenue,
       is_returned,
       lines,
       units,
       value_cents,
       coalesce(attempts, 0) AS attempts,
       coalesce(paid_cents, 0) AS paid_cents,
       coalesce(refunded_cents, 0) AS refunded_cents
FROM {{ ref('stg_orders') }}
JOIN items USING (order_id)
LEFT JOIN payments USING (order_id)
