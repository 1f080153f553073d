WITH RECURSIVE
  day (n, valid_on) AS (
    SELECT 0, '2025-01-02'
    UNION ALL
    SELECT n + 1, date(valid_on, '1 day') FROM day WHERE n < 729
  ),
  base (currency, rate) AS (VALUES ('EUR', 1.0), ('USD', 0.92), ('GBP', 1.17), ('CHF', 1.05))
SELECT currency,
       valid_on,
       CASE currency
         WHEN 'EUR' THEN 1.0
         ELSE round(rate + ((n * 48271 + unicode(currency) * 39373) % 997 - 498) / 60000.0 + (n % 120 - 60) / 6000.0, 5)
       END AS rate
FROM day, base
WHERE strftime('%w', valid_on) BETWEEN '1' AND '5'
ORDER BY valid_on, currency
