-- 5,000 customers. Every column has its own Lehmer generator (x' = x * multiplier mod 2^31 - 1), so
-- the rows are the same on every machine.
WITH RECURSIVE
  draw (n, a, b, c, d, e) AS (
    SELECT 1, 1234567, 7654321, 2468135, 1357924, 9753124
    UNION ALL
    SELECT n + 1,
           (a * 16807) % 2147483647,
           (b * 48271) % 2147483647,
           (c * 69621) % 2147483647,
           (d * 39373) % 2147483647,
           (e * 62089911) % 2147483647
    FROM draw
    WHERE n < 5000
  ),
  first_name (i, first) AS (
    VALUES (0, 'Emma'), (1, 'Liam'), (2, 'Sofia'), (3, 'Noah'), (4, 'Mia'), (5, 'Lucas'),
           (6, 'Zoé'), (7, 'Mateo'), (8, 'Aisha'), (9, 'Jonas'), (10, 'Ines'), (11, 'Oliver'),
           (12, 'Freya'), (13, 'Hugo'), (14, 'Chloe'), (15, 'Björn'), (16, 'Lena'), (17, 'Omar'),
           (18, 'Giulia'), (19, 'Tom')
  ),
  last_name (i, last) AS (
    VALUES (0, 'Müller'), (1, 'Smith'), (2, 'García'), (3, 'Rossi'), (4, 'Dubois'), (5, 'Jansen'),
           (6, 'Novak'), (7, 'Larsen'), (8, 'Silva'), (9, 'Kowalski'), (10, 'O''Brien'),
           (11, 'Andersson'), (12, 'Weber'), (13, 'Martin'), (14, 'Khan'), (15, 'Costa'),
           (16, 'Fischer')
  ),
  -- Cities by their share, per hundred customers.
  place (low, high, city, country) AS (
    VALUES (0, 16, 'Berlin', 'DE'), (17, 26, 'Hamburg', 'DE'), (27, 33, 'Munich', 'DE'),
           (34, 46, 'Paris', 'FR'), (47, 52, 'Lyon', 'FR'), (53, 63, 'London', 'GB'),
           (64, 68, 'Manchester', 'GB'), (69, 75, 'Madrid', 'ES'), (76, 80, 'Barcelona', 'ES'),
           (81, 86, 'Milan', 'IT'), (87, 90, 'Amsterdam', 'NL'), (91, 93, 'Vienna', 'AT'),
           (94, 96, 'Stockholm', 'SE'), (97, 98, 'Lisbon', 'PT'), (99, 99, 'Dublin', 'IE')
  ),
  person AS (
    SELECT n, c, d, e,
           -- Mostly the later of two days: sign-ups grow over the three years, from a small start.
           CASE WHEN e % 4 = 0 THEN a % 1096 ELSE max(a % 1096, b % 1096) END AS day,
           c % 20 AS first_index,
           d % 17 AS last_index,
           e % 100 AS share
    FROM draw
  )
SELECT row_number() OVER (ORDER BY day, n) AS customer_id,
       first || ' ' || last AS full_name,
       -- Some values are missing, some are in upper case.
       CASE
         WHEN (c / 100) % 100 < 4 THEN NULL
         WHEN (c / 100) % 100 < 9 THEN 'CUSTOMER' || n || '@EXAMPLE.COM'
         ELSE 'customer' || n || '@example.com'
       END AS email,
       city,
       country,
       CASE
         WHEN (d / 100) % 100 < 38 THEN 'organic'
         WHEN (d / 100) % 100 < 63 THEN 'paid_search'
         WHEN (d / 100) % 100 < 81 THEN 'social'
         WHEN (d / 100) % 100 < 93 THEN 'referral'
         ELSE 'email'
       END AS acquisition_channel,
       CASE
         WHEN (e / 100) % 100 < 12 THEN NULL
         ELSE 1950 + (e / 10000) % 28 + (c / 10000) % 29
       END AS birth_year,
       date('2022-01-01', day || ' days') AS signed_up_on
FROM person
CROSS JOIN first_name ON first_name.i = first_index
CROSS JOIN last_name ON last_name.i = last_index
CROSS JOIN place ON share BETWEEN low AND high
ORDER BY customer_id
