-- 25,000 orders. The shop grows, orders peak before Christmas, and a few customers order most.
WITH RECURSIVE
  draw (n, a, b, c, d, e) AS (
    SELECT 1, 31415926, 27182818, 16180339, 14142135, 17320508
    UNION ALL
    SELECT n + 1,
           (a * 48271) % 2147483647,
           (b * 16807) % 2147483647,
           (c * 69621) % 2147483647,
           (d * 39373) % 2147483647,
           (e * 62089911) % 2147483647
    FROM draw
    WHERE n < 25000
  ),
  season (month, weight) AS (
    VALUES ('01', 6), ('02', 5), ('03', 7), ('04', 7), ('05', 8), ('06', 8),
           ('07', 6), ('08', 5), ('09', 8), ('10', 9), ('11', 16), ('12', 20)
  ),
  -- The number of customers on each day; customers are numbered by the day of their sign-up.
  day (i, date) AS (
    SELECT 0, '2022-01-01'
    UNION ALL
    SELECT i + 1, date(date, '1 day') FROM day WHERE i < 1095
  ),
  calendar AS (
    SELECT i, date, weight, sum(coalesce(signed_up, 0)) OVER (ORDER BY i) AS known
    FROM day
    JOIN season ON month = strftime('%m', date)
    LEFT JOIN (
      SELECT signed_up_on AS date, count(*) AS signed_up
      FROM {{ source('customers') }}
      GROUP BY signed_up_on
    ) USING (date)
  ),
  -- Two candidate days for each order, each the later of two draws, because the shop grows. The day
  -- with the better season is chosen more often.
  dated AS (
    SELECT n, a, e,
           CASE WHEN d % (one.weight + two.weight) < one.weight THEN one.date ELSE two.date END
             AS date,
           CASE WHEN d % (one.weight + two.weight) < one.weight THEN one.known ELSE two.known END
             AS known
    FROM (
      SELECT *,
             max(b % 1096, c % 1096) AS first_day,
             max((b / 1096) % 1096, (c / 1096) % 1096) AS second_day
      FROM draw
    )
    CROSS JOIN calendar AS one ON one.i = first_day
    CROSS JOIN calendar AS two ON two.i = second_day
  ),
  -- The cube of a uniform draw from 20,000 to 120,000, scaled to 5,000 ranks (20,000 cubed is 8e12,
  -- and 120,000 cubed is 1.72e15 more): the best customers order about seventy times. The prime 1237
  -- spreads the ranks over all sign-up dates.
  ranked AS (
    SELECT n, a, e, date, known, 20000 + a % 100000 AS v
    FROM dated
  ),
  buyer AS (
    SELECT n, a, e, date, known,
           1 + ((v * v * v - 8000000000000) * 5000 / 1720000000000000 * 1237) % 5000 AS favourite
    FROM ranked
  )
SELECT row_number() OVER (ORDER BY max(date, signed_up_on), n) AS order_id,
       customer_id,
       max(date, signed_up_on) AS ordered_on,
       CASE WHEN e % 100 < 52 THEN 'web' WHEN e % 100 < 88 THEN 'app' ELSE 'store' END AS channel,
       CASE
         WHEN (e / 100) % 100 < 5 THEN 'cancelled'
         WHEN (e / 100) % 100 < 11 THEN 'returned'
         WHEN date > '2024-12-24' AND (e / 100) % 100 < 60 THEN 'pending'
         ELSE 'completed'
       END AS status
FROM buyer
-- An order of a customer who had not signed up by that day is assigned to one who had.
JOIN {{ source('customers') }}
  ON customer_id = CASE WHEN favourite <= known THEN favourite ELSE 1 + (a / 100) % max(known, 1) END
ORDER BY order_id
