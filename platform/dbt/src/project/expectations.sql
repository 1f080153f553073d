{# The names and the arguments are those of the package dbt_expectations. A null passes. #}

{% test expect_column_values_to_be_between(model, column_name, min_value, max_value) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} < {{ min_value }} or {{ column_name }} > {{ max_value }}
{% endtest %}

{% test expect_table_row_count_to_be_between(model, min_value) %}
select count(*) as row_count
from {{ model }}
having count(*) < {{ min_value }}
{% endtest %}
