-- One attempt to pay each order, and a second one for most of those that failed: about 26,000.
WITH RECURSIVE
  draw (order_id, a, b) AS (
    SELECT 1, 20240229, 19991231
    UNION ALL
    SELECT order_id + 1, (a * 48271) % 2147483647, (b * 39373) % 2147483647
    FROM draw
    WHERE order_id < 25000
  ),
  value (order_id, cents) AS (
    SELECT order_id, sum(quantity * unit_price_cents * (100 - discount_percent) / 100)
    FROM {{ source('order_items') }}
    GROUP BY order_id
  ),
  known AS (
    SELECT draw.*, cents, status AS order_status, ordered_on,
           CASE
             WHEN a % 100 < 54 THEN 'card'
             WHEN a % 100 < 76 THEN 'wallet'
             WHEN a % 100 < 88 THEN 'pay_later'
             WHEN a % 100 < 97 THEN 'bank_transfer'
             ELSE 'gift_card'
           END AS method,
           b % 1000 < 45 AS fails
    FROM draw
    JOIN value USING (order_id)
    JOIN {{ source('orders') }} USING (order_id)
  ),
  attempt (order_id, attempt, method, status, cents, paid_on) AS (
    SELECT order_id, 1, method,
           CASE
             WHEN fails THEN 'failed'
             WHEN order_status IN ('returned', 'cancelled') THEN 'refunded'
             WHEN order_status = 'pending' THEN 'pending'
             ELSE 'succeeded'
           END,
           cents,
           date(ordered_on, CASE method WHEN 'bank_transfer' THEN '2 days' ELSE '0 days' END)
    FROM known
    UNION ALL
    SELECT order_id, 2, CASE WHEN b % 3 = 0 THEN 'card' ELSE method END,
           CASE order_status WHEN 'completed' THEN 'succeeded' WHEN 'pending' THEN 'pending' ELSE 'refunded' END,
           cents,
           date(ordered_on, '1 day')
    FROM known
    WHERE fails AND (b / 1000) % 100 < 92
  )
SELECT row_number() OVER (ORDER BY order_id, attempt) AS payment_id,
       order_id,
       attempt,
       method,
       status,
       cents AS amount_cents,
       CASE WHEN status IN ('succeeded', 'refunded') THEN paid_on END AS paid_on
FROM attempt
ORDER BY payment_id
