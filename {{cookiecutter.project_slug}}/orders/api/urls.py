"""The addresses of the shop's API, under `/api/orders/`."""

from django.urls import path

from orders.api.views import OrderDetail, OrderList

app_name = "api"
urlpatterns = [
    path("", OrderList.as_view(), name="orders"),
    path("<uuid:public_id>/", OrderDetail.as_view(), name="order"),
]
