-- 60,000 items: each order has one, and 35,000 more are distributed at random. An order has a
-- theme, so that products of one category are bought together.
WITH RECURSIVE
  draw (n, a, b, c) AS (
    SELECT 1, 11223344, 55667788, 99001122
    UNION ALL
    SELECT n + 1,
           (a * 16807) % 2147483647,
           (b * 48271) % 2147483647,
           (c * 69621) % 2147483647
    FROM draw
    WHERE n < 60000
  ),
  -- Five products in each category, the most popular first.
  catalogue (theme, rank, product, category, price) AS (
    VALUES (0, 0, 'espresso beans 1 kg', 'coffee', 1890), (0, 1, 'filter papers', 'coffee', 450),
           (0, 2, 'hand grinder', 'coffee', 6900), (0, 3, 'moka pot', 'coffee', 3490),
           (0, 4, 'espresso machine', 'coffee', 48900),
           (1, 0, 'green tea 250 g', 'tea', 1290), (1, 1, 'tea strainer', 'tea', 890),
           (1, 2, 'glass teapot', 'tea', 3990), (1, 3, 'matcha bowl', 'tea', 2450),
           (1, 4, 'kettle', 'tea', 7990),
           (2, 0, 'chef knife', 'kitchen', 8900), (2, 1, 'cutting board', 'kitchen', 3200),
           (2, 2, 'cast iron pan', 'kitchen', 5990), (2, 3, 'mixing bowls', 'kitchen', 2790),
           (2, 4, 'stand mixer', 'kitchen', 39900),
           (3, 0, 'linen napkins', 'table', 2400), (3, 1, 'dinner plates', 'table', 5600),
           (3, 2, 'wine glasses', 'table', 4200), (3, 3, 'cutlery set', 'table', 11900),
           (3, 4, 'oak table', 'table', 89900),
           (4, 0, 'desk lamp', 'office', 5400), (4, 1, 'notebook', 'office', 1250),
           (4, 2, 'fountain pen', 'office', 4900), (4, 3, 'cable tray', 'office', 2900),
           (4, 4, 'office chair', 'office', 34900),
           (5, 0, 'bath towel', 'bath', 2990), (5, 1, 'hand soap', 'bath', 890),
           (5, 2, 'bath mat', 'bath', 3400), (5, 3, 'shower shelf', 'bath', 4500),
           (5, 4, 'towel warmer', 'bath', 19900),
           (6, 0, 'herb pots', 'garden', 1900), (6, 1, 'pruning shears', 'garden', 3600),
           (6, 2, 'watering can', 'garden', 2700), (6, 3, 'lantern', 'garden', 4100),
           (6, 4, 'garden bench', 'garden', 24900)
  ),
  line AS (
    SELECT n, c,
           CASE WHEN n <= 25000 THEN n ELSE 1 + a % 25000 END AS order_id,
           -- The square of a uniform draw: rank 0 sells about three times as often as rank 2.
           ((b * b / 2147483647) * 5) / 2147483647 AS rank,
           b % 100 AS luck
    FROM draw
  ),
  themed AS (
    SELECT n, c, order_id, rank,
           CASE WHEN luck < 65 THEN (order_id * 7919) % 7 ELSE (c / 1000) % 7 END AS theme
    FROM line
  )
SELECT row_number() OVER (ORDER BY order_id, n) AS order_item_id,
       order_id,
       product,
       category,
       CASE WHEN c % 100 < 78 THEN 1 WHEN c % 100 < 93 THEN 2 ELSE 3 END AS quantity,
       price AS unit_price_cents,
       CASE
         WHEN strftime('%m-%d', ordered_on) BETWEEN '11-20' AND '12-02' THEN 20
         WHEN (c / 100) % 100 < 11 THEN 10
         ELSE 0
       END AS discount_percent
FROM themed
JOIN catalogue USING (theme, rank)
JOIN {{ source('orders') }} USING (order_id)
ORDER BY order_item_id
