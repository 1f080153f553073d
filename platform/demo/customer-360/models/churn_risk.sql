-- Days since the last order of a customer, relative to the latest day with an order.
WITH today AS (
  SELECT max(last_order_on) AS day FROM {{ ref('customer_orders') }}
),
silent AS (
  SELECT customer_id,
         revenue_cents,
         CAST(julianday(day) - julianday(last_order_on) AS INTEGER) AS days
  FROM {{ ref('customer_360') }}, today
  WHERE orders > 0
)
SELECT CASE
         WHEN days <= 60 THEN '1 active'
         WHEN days <= 180 THEN '2 cooling'
         WHEN days <= 365 THEN '3 at risk'
         ELSE '4 lost'
       END AS state,
       count(*) AS customers,
       sum(revenue_cents) AS revenue_cents,
       sum(revenue_cents) / count(*) AS revenue_per_customer_cents
FROM silent
GROUP BY state
ORDER BY state
