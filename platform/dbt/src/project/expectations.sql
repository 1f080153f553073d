{# The name and the arguments are those of the package dbt_expectations. #}

{% test expect_table_row_count_to_be_between(model, min_value) %}
select count(*) as row_count
from {{ model }}
having count(*) < {{ min_value }}
{% endtest %}
