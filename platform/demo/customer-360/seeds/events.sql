-- 26,700 visits of one to five steps: about 60,000 events. One visitor in four is not signed in;
-- the others return after they signed up.
WITH RECURSIVE
  draw (session_id, a, b, c) AS (
    SELECT 1, 42424242, 13131313, 77777777
    UNION ALL
    SELECT session_id + 1,
           (a * 69621) % 2147483647,
           (b * 16807) % 2147483647,
           (c * 48271) % 2147483647
    FROM draw
    WHERE session_id < 26700
  ),
  step (position, event_type) AS (
    VALUES (1, 'page_view'), (2, 'product_view'), (3, 'add_to_cart'), (4, 'checkout'), (5, 'purchase')
  ),
  visit AS (
    SELECT session_id, a, b, c,
           CASE WHEN c % 100 >= 25 THEN 1 + (a * a / 2147483647) * 5000 / 2147483647 END
             AS customer_id,
           CASE
             WHEN b % 100 < 38 THEN 1
             WHEN b % 100 < 63 THEN 2
             WHEN b % 100 < 80 THEN 3
             WHEN b % 100 < 90 THEN 4
             ELSE 5
           END AS depth,
           CASE
             WHEN (c / 7) % 100 < 58 THEN 'phone'
             WHEN (c / 7) % 100 < 91 THEN 'desktop'
             ELSE 'tablet'
           END AS device
    FROM draw
  ),
  dated AS (
    SELECT visit.*,
           coalesce(signed_up_on, '2022-01-01') AS since,
           1 + CAST(julianday('2024-12-31') - julianday(coalesce(signed_up_on, '2022-01-01')) AS INTEGER)
             AS left_days
    FROM visit
    LEFT JOIN {{ source('customers') }} USING (customer_id)
  )
SELECT row_number() OVER (ORDER BY session_id, position) AS event_id,
       session_id,
       customer_id,
       event_type,
       device,
       date(since, ((b / 100) % left_days) || ' days') AS occurred_on
FROM dated
-- One visit in three on a phone ends before the checkout.
JOIN step ON position <= CASE WHEN device = 'phone' AND c % 10 < 3 THEN min(depth, 3) ELSE depth END
ORDER BY event_id
