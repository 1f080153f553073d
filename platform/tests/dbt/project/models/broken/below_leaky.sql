select * from {{ ref('leaky') }}
